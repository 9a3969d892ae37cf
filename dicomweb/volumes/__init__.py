"""Rendered volumes: renderedMPR and rendered3D (PS3.18 10.4.1.1.7 and 10.4.1.1.8)."""
