"""The callback channel: a documented way in and out for apps, mini-programs and call centres."""
