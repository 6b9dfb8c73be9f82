"""What travels between the stages: records, topics, headers, codec. Pure data; imports nothing of ours."""
