"""Looking at a model: what it is, its tensors, where two runs differ, where the time goes."""
