"""The crisis detector: complaints in event time against what is normal, as alerts that say where and how far."""
