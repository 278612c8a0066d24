"""WeCom 微信客服: customers who write to a company's customer service from WeChat."""
