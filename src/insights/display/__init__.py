"""How results are worded, laid out and drawn; nothing here computes one."""
