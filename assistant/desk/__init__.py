"""The staff's desk: what is kept in SQL, who may see it, and what is made of it."""
