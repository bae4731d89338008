"""What announces a list of packages: pinned versions, and packages that most lists have."""

from __future__ import annotations

_DIGITS = range(10)
VERSION_LITERALS = (
    *(f"{operator}{a}.{b}" for operator in ("==", "~=") for a in _DIGITS for b in _DIGITS),
    *(f"=={number}." for number in range(10, 100)),
    *(f"== {digit}." for digit in _DIGITS),
    *(f"==v{digit}." for digit in _DIGITS),
)
"""Every pinned version starts like one of these, and hardly anything else does."""
NAME_LITERALS = (
    "numpy", "torch", "pandas", "scipy", "scikit-learn", "scikit-image", "transformers",
    "tokenizers", "tensorflow", "matplotlib", "accelerate", "sentencepiece", "einops", "pytest",
    "PyYAML", "pyyaml", "Pillow", "pillow", "opencv-python", "fastapi", "pydantic",
    "SQLAlchemy", "sqlalchemy", "Flask", "flask", "Django", "django", "xgboost", "lightgbm",
    "catboost", "joblib", "protobuf", "diffusers", "safetensors", "bitsandbytes", "huggingface",
    "langchain", "gradio", "streamlit", "jaxlib", "onnxruntime", "wandb", "mlflow", "seaborn",
    "beautifulsoup4", "boto3", "psycopg2", "openai", "anthropic", "tiktoken", "chromadb",
    "faiss-cpu", "faiss-gpu", "librosa", "tensorboard", "lightning", "omegaconf", "hydra-core",
    "more-itertools", "spacy", "gensim", "Jinja2", "jinja2", "openpyxl", "networkx", "Cython",
    "cython", "ipython", "python-dotenv", "aiohttp", "selenium", "setuptools", "deepspeed",
    "flash-attn", "xformers",
)  # fmt: skip
"""Lists without any pin are found by packages that most of them have."""
