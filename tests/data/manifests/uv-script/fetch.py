# /// script
# requires-python = ">=3.11"
# dependencies = [
#   "requests>=2.31",
#   "rich[jupyter]; python_version < '3.13'",
# ]
#
# [tool.uv]
# constraint-dependencies = ["urllib3<2.3"]
# ///
import requests
