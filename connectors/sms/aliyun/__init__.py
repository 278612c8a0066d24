"""Aliyun (阿里云短信服务), for mainland China."""
