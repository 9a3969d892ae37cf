"""What a store request holds, by kind: files, or metadata with bulk data (PS3.18 10.5)."""
