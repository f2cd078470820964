"""How much of NumPy can be differentiated: usages as scripts have them, beside other libraries."""
