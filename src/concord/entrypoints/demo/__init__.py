"""The demo (演示数据): invented people and stories on the real charter; loopback only."""
