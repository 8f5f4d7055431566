"""A PBX that speaks AMI, for trying, showing and loading; it knows only the AMI codec."""
