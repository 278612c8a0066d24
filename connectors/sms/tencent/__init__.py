"""Tencent Cloud (腾讯云短信), for mainland China."""
