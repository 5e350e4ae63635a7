"""What a jitter buffer counts, as WebRTC's `getStats` does.

After the W3C's "Identifiers for WebRTC's Statistics API", `RTCInboundRtpStreamStats`.
"""

from dataclasses import dataclass
from typing import Final

_W3C: Final = {
    "packets_received": "packetsReceived",
    "packets_lost": "packetsLost",
    "packets_discarded": "packetsDiscarded",
    "jitter": "jitter",
    "total_samples_received": "totalSamplesReceived",
    "concealed_samples": "concealedSamples",
    "silent_concealed_samples": "silentConcealedSamples",
    "concealment_events": "concealmentEvents",
    "inserted_samples_for_deceleration": "insertedSamplesForDeceleration",
    "removed_samples_for_acceleration": "removedSamplesForAcceleration",
    "jitter_buffer_delay": "jitterBufferDelay",
    "jitter_buffer_target_delay": "jitterBufferTargetDelay",
    "jitter_buffer_minimum_delay": "jitterBufferMinimumDelay",
    "jitter_buffer_emitted_count": "jitterBufferEmittedCount",
    "total_audio_energy": "totalAudioEnergy",
    "total_samples_duration": "totalSamplesDuration",
    "audio_level": "audioLevel",
}


@dataclass(frozen=True, slots=True)
class Statistics:
    """Sums since the call began; samples are those that are played.

    Before the first packet is played nothing is received, concealed or counted.

    Attributes:
        packets_received: all that came, copies too.
        packets_lost: packets that should have come less those that did (RFC 3550, appendix A.3);
            below 0 where copies outnumber losses.
        packets_discarded: packets that were not played: late, broken, strange, too many or too
            large.
        jitter: the interarrival jitter of RFC 3550, in seconds.
        total_samples_received: samples played, received or not.
        concealed_samples: of these, made up.
        silent_concealed_samples: of these, silence.
        concealment_events: how often, after sound that was not made up, some was.
        inserted_samples_for_deceleration: samples by which time-stretching made sound longer.
        removed_samples_for_acceleration: samples by which it made sound shorter.
        jitter_buffer_delay: from a packet's arrival until a sample of it is played, in seconds,
            summed over all samples.
        jitter_buffer_target_delay: the delay aimed for when each was played, summed likewise.
        jitter_buffer_minimum_delay: what that were by the network alone, without bounds.
        jitter_buffer_emitted_count: over how many samples these are summed.
        total_audio_energy: mean square times seconds, of all that was played.
        total_samples_duration: in seconds.
        audio_level: root mean square of the last block, 0..1.
        packets_played: packets whose sound, or noise, was or will be played.
        packets_copied: packets that had come before.
        packets_waiting: packets that wait to be played now.
        samples_decoded: samples that decoders gave, and that were or will be played.
        samples_waiting: of these, those that wait to be played now.
        comfort_noise_samples: noise played in the sender's pauses.
        buffer_level: smoothed seconds of sound that wait.

    The last seven are this project's own, and close the accounts:

        total_samples_received == jitter_buffer_emitted_count + concealed_samples
            + comfort_noise_samples
        samples_decoded + inserted_samples_for_deceleration == jitter_buffer_emitted_count
            + removed_samples_for_acceleration + samples_waiting
        packets_received == packets_played + packets_discarded + packets_copied + packets_waiting
    """

    packets_received: int = 0
    packets_lost: int = 0
    packets_discarded: int = 0
    jitter: float = 0.0
    total_samples_received: int = 0
    concealed_samples: int = 0
    silent_concealed_samples: int = 0
    concealment_events: int = 0
    inserted_samples_for_deceleration: int = 0
    removed_samples_for_acceleration: int = 0
    jitter_buffer_delay: float = 0.0
    jitter_buffer_target_delay: float = 0.0
    jitter_buffer_minimum_delay: float = 0.0
    jitter_buffer_emitted_count: int = 0
    total_audio_energy: float = 0.0
    total_samples_duration: float = 0.0
    audio_level: float = 0.0
    packets_played: int = 0
    packets_copied: int = 0
    packets_waiting: int = 0
    samples_decoded: int = 0
    samples_waiting: int = 0
    comfort_noise_samples: int = 0
    buffer_level: float = 0.0

    def as_dict(self) -> dict[str, int | float]:
        """Return what the W3C names, by its names, such as `concealedSamples`."""
        return {camel: getattr(self, name) for name, camel in _W3C.items()}
