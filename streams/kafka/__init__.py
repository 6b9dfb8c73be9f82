"""Everything that speaks the Kafka protocol: lossless Faust drivers, transactions, topics, dead letters."""
