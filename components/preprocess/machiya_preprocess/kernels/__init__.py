"""The numeric work on event logs and interactions, compiled: arrays in, arrays out, nothing else.

``ids`` gives codes to names, ``times`` reads numbers, ``rows`` judges row by row, ``users`` user by user, ``pairs``
works on what is left, ``splits`` divides it. Codes are int32 from 0; times are int64 microseconds. Each kernel takes
arrays of the types that it names, C-contiguous, so that it is compiled once. Their tests state what must stay.
"""
