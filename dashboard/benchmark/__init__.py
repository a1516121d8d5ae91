"""What `loyalty bench` measures: a generated programme, its questions, and what they are compared with."""
