"""Programs of numbers as C source and, through LLVM, as machine code."""
