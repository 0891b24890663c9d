"""The "Clusters" tab: what the training run of a segmentation found, beside the run itself."""
