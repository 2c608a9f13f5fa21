"""The loops, compiled: over integer codes, one pass each, without a Python object in sight.

Arrays handed in have the dtypes that the docstrings say (an exact match, so that each kernel is compiled once). A list
of a user is `item[first : first + length]`, best item first, so a rank is a place and is not stored. A scratch array
`seen` of n_items tells whether an item is in the list at hand: it holds the row where the item was seen last, which is
in the list exactly if the row is. So it is filled once and never cleared between users.
"""
