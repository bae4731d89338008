"""The knowledge base: one signature (TOML) and one playbook (Markdown) for each failure."""
