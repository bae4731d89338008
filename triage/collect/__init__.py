"""Makes a bundle of the machine it runs on, of others through ssh, and of pods through kubectl.

Nothing leaves the machine but through the system's own ssh and kubectl, and nothing on it is
changed. Every source is asked in a child process with a time limit, several at once, because what
is asked may hang: a sick driver, a dead mount. What failed is a line of the manifest.
"""
