"""A problem a file, in functions of numbers and NumPy's arrays, as a user would write it.

Each has `FUNCTIONS`, what GradBench asks for by name. What is compiled takes the numbers as
arguments and is traced when it is prepared.
"""
