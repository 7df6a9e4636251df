"""What the folds answer, stated a second time as relations in SQL, and held against the read model row by row."""
