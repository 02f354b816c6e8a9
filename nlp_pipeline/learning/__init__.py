"""Learning: labelled letters in, a measured and calibrated bundle out."""
