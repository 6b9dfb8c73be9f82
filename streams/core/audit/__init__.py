"""The reply audit: how fast official accounts answer customers, how many they leave waiting, and in what form."""
