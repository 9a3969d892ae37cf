"""A series as a volume in the patient, and what can be seen of it: planes, slabs, projections."""
