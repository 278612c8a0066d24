"""The pages of the desk: lists and chat run in the browser, everything they show is decided here."""
