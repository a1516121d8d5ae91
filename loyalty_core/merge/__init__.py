"""Two programmes made one."""
