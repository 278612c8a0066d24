"""WeChat Official Accounts (微信公众号)."""
