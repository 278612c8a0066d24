"""What trainers make of the content: entries changed one at a time, each change a commit on one shared draft."""
