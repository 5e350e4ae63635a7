"""Some twenty kinds of sounds that people tell apart, over AudioSet's five hundred classes.

Names of classes are those of AudioSet's ontology (Gemmeke et al. 2017, doi:10.1109/icassp.2017.
7952261) as YAMNet's class map has them. A category is heard as much as the surest of its classes.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import InputError, ShapeError

Floats = NDArray[np.float32]

CATEGORIES: Final[Mapping[str, tuple[str, ...]]] = {
    "speech": (
        "Speech",
        "Child speech, kid speaking",
        "Conversation",
        "Narration, monologue",
        "Speech synthesizer",
        "Whispering",
    ),
    "shouting": ("Shout", "Bellow", "Whoop", "Yell", "Children shouting", "Screaming"),
    "laughter": (
        *("Laughter", "Baby laughter", "Giggle", "Snicker", "Belly laugh", "Chuckle, chortle"),
    ),
    "crying": ("Crying, sobbing", "Baby cry, infant cry", "Whimper", "Wail, moan"),
    "coughing": ("Cough", "Throat clearing", "Sneeze", "Sniff"),
    "whistling": ("Whistling",),
    "applause": ("Applause", "Clapping"),
    "crowd": (
        *("Cheering", "Chatter", "Crowd", "Hubbub, speech noise, speech babble"),
        "Children playing",
    ),
    "singing": (
        *("Singing", "Choir", "Yodeling", "Chant", "Child singing", "Synthetic singing", "Rapping"),
        *("Humming", "A capella", "Vocal music"),
    ),
    "music": (
        *("Music", "Musical instrument", "Plucked string instrument", "Guitar", "Electric guitar"),
        *("Bass guitar", "Acoustic guitar", "Strum", "Keyboard (musical)", "Piano", "Organ"),
        *("Electric piano", "Synthesizer", "Harpsichord", "Percussion", "Drum kit", "Drum"),
        *("Snare drum", "Bass drum", "Cymbal", "Mallet percussion", "Orchestra", "Harp"),
        *("Brass instrument", "Trumpet", "Bowed string instrument", "String section"),
        *("Violin, fiddle", "Cello", "Double bass", "Wind instrument, woodwind instrument"),
        *("Flute", "Saxophone", "Clarinet", "Harmonica", "Accordion", "Bagpipes", "Pop music"),
        *("Hip hop music", "Rock music", "Jazz", "Classical music", "Electronic music", "Song"),
        *("Folk music", "Background music", "Theme music"),
    ),
    "dog": ("Dog", "Bark", "Yip", "Howl", "Bow-wow", "Growling", "Whimper (dog)"),
    "cat": ("Cat", "Purr", "Meow", "Caterwaul"),
    "bird": (
        *("Bird", "Bird vocalization, bird call, bird song", "Chirp, tweet", "Squawk"),
        *("Pigeon, dove", "Coo", "Crow", "Caw", "Owl", "Hoot", "Fowl", "Chicken, rooster"),
        *("Cluck", "Crowing, cock-a-doodle-doo", "Duck", "Quack", "Goose", "Honk"),
    ),
    "rain and water": (
        *("Water", "Rain", "Raindrop", "Rain on surface", "Stream", "Waterfall", "Ocean"),
        *("Waves, surf", "Gurgling", "Water tap, faucet", "Splash, splatter", "Pour", "Drip"),
        *("Sink (filling or washing)", "Bathtub (filling or washing)", "Toilet flush"),
    ),
    "wind and thunder": (
        *("Wind", "Rustling leaves", "Wind noise (microphone)", "Thunderstorm", "Thunder"),
    ),
    "vehicle": (
        *("Vehicle", "Motor vehicle (road)", "Car", "Car passing by", "Truck", "Bus", "Motorcycle"),
        *("Traffic noise, roadway noise", "Rail transport", "Train", "Aircraft", "Helicopter"),
        *("Jet engine", "Fixed-wing aircraft, airplane", "Engine", "Engine starting", "Idling"),
        *("Accelerating, revving, vroom", "Boat, Water vehicle"),
    ),
    "siren and horn": (
        *("Siren", "Police car (siren)", "Ambulance (siren)", "Civil defense siren"),
        *("Fire engine, fire truck (siren)", "Vehicle horn, car horn, honking", "Car alarm"),
        *("Air horn, truck horn", "Foghorn", "Train horn"),
    ),
    "bell and alarm": (
        *("Bell", "Church bell", "Bicycle bell", "Doorbell", "Ding-dong", "Alarm", "Alarm clock"),
        *("Telephone", "Telephone bell ringing", "Ringtone", "Smoke detector, smoke alarm"),
        *("Fire alarm", "Beep, bleep", "Buzzer"),
    ),
    "door and steps": (
        *("Door", "Sliding door", "Slam", "Knock", "Walk, footsteps", "Run", "Shuffle"),
    ),
    "typing": ("Typing", "Typewriter", "Computer keyboard"),
    "tool": (
        *("Tools", "Hammer", "Jackhammer", "Sawing", "Power tool", "Drill", "Chainsaw"),
        *("Vacuum cleaner", "Lawn mower", "Blender", "Hair dryer", "Sewing machine"),
    ),
}


class Grouping:
    """Which of a classifier's classes are in which category; `InputError` if it lacks one."""

    def __init__(self, classes: Sequence[str]) -> None:
        places = {name: place for place, name in enumerate(classes)}
        wanted = {name for members in CATEGORIES.values() for name in members}
        if missing := sorted(wanted - set(places)):
            raise InputError(f"the classifier lacks AudioSet's classes {', '.join(missing)}")
        self._classes = len(classes)
        self._members = [
            np.array([places[name] for name in members]) for members in CATEGORIES.values()
        ]

    def __call__(self, scores: NDArray[Any]) -> Floats:
        """Map scores (n, classes) to (n, categories): the highest of each category's classes."""
        if scores.ndim != 2 or scores.shape[1] != self._classes:
            raise ShapeError(f"scores are of shape (n, {self._classes}), not {scores.shape}")
        columns = [scores[:, members].max(axis=1) for members in self._members]
        return np.stack(columns, axis=1).astype(np.float32, copy=False)
