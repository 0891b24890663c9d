"""script/bench: the mixture engine against its peers, and against what this machine can do."""
