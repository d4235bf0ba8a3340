"""What all of the package uses: memory limits, forks, late imports, optional extras."""
