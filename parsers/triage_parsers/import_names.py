"""Which distribution brings a module: `import cv2` wants `opencv-python`.

Only names that are known: a module of the program's own is no package, and a guess would send
somebody to install a stranger's code (`apex` on the index is not NVIDIA's). Source: the projects'
own installation pages.
"""

from __future__ import annotations

from triage.patterns import compiled

MISSING = compiled(r"No module named '?(?P<top>[A-Za-z_]\w*)(?P<rest>[\w.]*)")
_OTHER_NAMES = {
    "PIL": "pillow", "skimage": "scikit-image", "sklearn": "scikit-learn", "cv2": "opencv-python",
    "yaml": "pyyaml", "bs4": "beautifulsoup4", "dateutil": "python-dateutil", "attr": "attrs",
    "dotenv": "python-dotenv", "flash_attn": "flash-attn", "pkg_resources": "setuptools",
    "distutils": "setuptools", "google.protobuf": "protobuf", "grpc": "grpcio", "git": "gitpython",
    "sentence_transformers": "sentence-transformers", "llama_cpp": "llama-cpp-python",
    "pytorch_lightning": "pytorch-lightning", "hydra": "hydra-core",
    "pynvml": "nvidia-ml-py",
    "huggingface_hub": "huggingface-hub", "transformer_engine": "transformer-engine",
    "MySQLdb": "mysqlclient", "psycopg2": "psycopg2",
    "jwt": "pyjwt", "Crypto": "pycryptodome", "zmq": "pyzmq", "serial": "pyserial",
}  # fmt: skip
_SAME_NAMES = frozenset({
    "accelerate", "aiohttp", "autoawq", "bitsandbytes", "boto3", "botocore", "dask", "datasets",
    "deepspeed", "diffusers", "einops", "fairscale", "fastapi", "flax", "gradio", "h5py",
    "horovod", "jax", "jaxlib", "joblib", "keras", "langchain", "lightgbm", "lightning", "lmdb",
    "matplotlib", "mlflow", "mmcv", "mmengine", "mpi4py", "msgpack", "networkx", "ninja", "nltk",
    "numba", "numpy", "omegaconf", "onnx", "onnxruntime", "openai", "optimum", "packaging",
    "pandas", "peft", "polars", "psutil", "pyarrow", "pydantic", "ray", "redis", "requests",
    "safetensors", "scipy", "seaborn", "sentencepiece", "setuptools", "sglang", "spacy",
    "sqlalchemy", "sympy", "tensorboard", "tensorboardX", "tensorflow", "tensorrt", "tiktoken",
    "timm", "tokenizers", "torch", "torchaudio", "torchvision", "tqdm", "transformers", "triton",
    "trl", "unsloth", "uvicorn", "vllm", "wandb", "webdataset", "wheel", "xformers", "xgboost",
    "zstandard",
})  # fmt: skip


def distribution_of(message: str) -> str | None:
    """The distribution that a `No module named …` asks for; None where it is not known."""
    found = MISSING.search(message)
    if found is None:
        return None
    top = found.group("top") or ""
    whole = f"{top}{found.group('rest') or ''}".rstrip(".")
    known = _OTHER_NAMES.get(".".join(whole.split(".")[:2])) or _OTHER_NAMES.get(top)
    return known or (top if top in _SAME_NAMES else None)
