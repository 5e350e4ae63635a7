"""Ground floor: timestamps and clocks. Imports nothing but the standard library."""

from firsthand.core.clock import Clock, ManualClock, MonotonicClock

__all__ = ["Clock", "ManualClock", "MonotonicClock"]
