"""Samples of the series parser."""

from __future__ import annotations

from triage.events import Sample

SAMPLES = (
    Sample(
        "{'loss': 0.0, 'grad_norm': nan, 'learning_rate': 2e-05, 'epoch': 0.12}",
        kind="model.metric",
        fields={"metric": "grad_norm", "value": "nan", "epoch": 0.12},
        count=1,
    ),
    Sample(
        "epoch: 81 loss: nan\nepoch: 82 loss: nan",
        kind="model.metric",
        fields={"metric": "loss", "value": "nan", "epoch": 81.0, "followed_by": "nan"},
        count=2,
    ),
    Sample(
        "Epoch [1][50/4000]  lr: 1.0e-03, loss_ce: 1.27, loss: 1.90, grad_norm: nan\n"
        "Epoch [1][100/4000]  lr: 1.0e-03, loss_ce: 0.59, loss: 0.91, grad_norm: 3.97",
        kind="model.metric",
        fields={"metric": "grad_norm", "value": "nan", "followed_by": "finite"},
        count=1,
    ),
    Sample(
        "E6 iter[ 3/ 15] | [Loss] nan | [step]   104 | [best] 0 -100.0",
        kind="model.metric",
        fields={"metric": "loss", "value": "nan", "step": 104},
        count=1,
    ),
    Sample(
        "Epoch 2: 100%|█████| 320/320 [00:21<00:00, 14.77it/s, loss=nan, v_num=3]",
        kind="model.metric",
        fields={"metric": "loss", "value": "nan", "epoch": 2.0},
    ),
    Sample(
        " iteration     5426/  250000 | loss scale: 1.0 | grad norm: nan | actual seqlen:  2048 |"
        " number of skipped iterations:   0 | number of nan iterations:   0 |",
        kind="model.metric",
        fields={"metric": "grad_norm", "step": 5426},
        count=1,
    ),
    Sample(
        "[deepspeed] OVERFLOW! Rank 0 Skipping step. Attempted loss scale: 4096, reducing to 2048",
        kind="model.metric",
        fields={
            "metric": "loss_scale",
            "value": 2048.0,
            "previous": 4096.0,
            "skipped": True,
            "rank": 0,
        },
    ),
    Sample(
        "Gradient overflow.  Skipping step, loss scaler 0 reducing loss scale to 16384.0",
        kind="model.metric",
        fields={"metric": "loss_scale", "value": 16384.0, "skipped": True},
    ),
    Sample(
        "Exception: Current loss scale already at minimum - cannot decrease scale anymore.",
        kind="model.metric",
        fields={"metric": "loss_scale", "at_minimum": True},
    ),
    Sample(
        "[INFO] Avg Risk Score: 0.31",
        kind="model.metric",
        fields={"metric": "avg_risk_score", "value": 0.31},
    ),
    Sample(
        "Epoch 7, Loss nan\nEpoch 8, Loss nan",
        kind="model.metric",
        fields={"metric": "loss", "value": "nan", "epoch": 7.0},
        count=2,
    ),
    Sample(
        "{'loss': '0.0', 'grad_norm': 'nan', 'learning_rate': '1e-05', 'epoch': '0.4'}",
        kind="model.metric",
        fields={"metric": "grad_norm", "value": "nan", "epoch": 0.4},
    ),
    Sample(
        "[80]\tvalid-mae:nan",
        kind="model.metric",
        fields={"metric": "valid_mae", "value": "nan", "step": 80},
    ),
    Sample("{'loss': '0.4', 'best_loss': 'inf', 'note': 'nan'}", kind=None),
    Sample(
        "Loss is nan, stopping training", kind="model.metric", fields={"metric": "loss"}, count=1
    ),
    Sample(
        "lm loss: 7.33E-01 | loss scale: 1.0 | grad norm: 0.75 | clip is nan safe | nan steps: 0",
        kind=None,
    ),
    Sample("[CV 2/5] END ....C=10, gamma=scale;, score=nan total time=   0.0s", kind=None),
    Sample("best_val_loss: inf, patience: 10", kind=None),
    Sample("imputer: fill value = nan, loss = np.nan until the first step", kind=None),
    Sample("Early stopping: anomaly score threshold reached by 3 of 9 detectors", kind=None),
)
