"""What commands show on a terminal, and how a run is watched from one."""
