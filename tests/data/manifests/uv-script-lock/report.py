# /// script
# requires-python = ">=3.9"
# dependencies = ["coverage[toml]>=7", "click>=8"]
# ///
import click
