"""How well and how fast the detector works: every figure of the project comes from here (`make detection-report`)."""
