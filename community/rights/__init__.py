"""What people may ask of us about their data: copies, erasure, restriction, objection."""
