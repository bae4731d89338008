"""Losses, norms, loss scales and scores, in the words of each trainer."""

from __future__ import annotations

import pytest

from triage.events import Value
from triage.testing_forms import Form, Want, read

DEEPSPEED = "[2025-06-03 17:21:09,482] [INFO] [loss_scaler.py:190:update_scale] [deepspeed] "


def metric(row: str, text: str, near_miss: str, name: str, value: Value, **fields: Value) -> Form:
    """One line, one value of one metric."""
    want = Want("model.metric", {"metric": name, "value": value, **fields}, (1, 1))
    return Form(row, text + "\n", (want,), near_miss + "\n", name="train.log", unclaimed=0)


BROKEN = [
    metric(
        "Hugging Face Trainer",
        "{'loss': nan, 'grad_norm': nan, 'learning_rate': 1e-05, 'epoch': 0.28}",
        "{'loss': 1.91, 'grad_norm': 0.7, 'learning_rate': 1e-05, 'epoch': 0.28}",
        "loss", "nan", epoch=0.28,
    ),
    metric(
        "Hugging Face Trainer, loss 0.0",
        "{'loss': 0.0, 'grad_norm': nan, 'learning_rate': 2e-05, 'epoch': 0.1}",
        "{'loss': 0.0, 'grad_norm': 0.0, 'learning_rate': 2e-05, 'epoch': 0.1}",
        "grad_norm", "nan", epoch=0.1,
    ),
    metric(
        "Hugging Face Trainer 5: numbers as texts",
        "{'loss': '0.0', 'grad_norm': 'nan', 'learning_rate': '2e-05', 'epoch': '0.1'}",
        "{'loss': '0.0', 'grad_norm': '0.3', 'note': 'nan', 'epoch': '0.1'}",
        "grad_norm", "nan", epoch=0.1,
    ),
    metric(
        "Hugging Face Trainer, evaluation",
        "{'eval_loss': nan, 'eval_runtime': 12.1, 'epoch': 1.0}",
        "{'eval_loss': 0.7, 'eval_runtime': nan, 'epoch': 1.0}", "eval_loss", "nan", epoch=1.0,
    ),
    metric(
        "Keras", "Epoch 3/10 - loss: nan - val_loss: nan - accuracy: 0.0980",
        "Epoch 3/10 - loss: 0.7 - val_loss: 0.9 - accuracy: 0.0980", "val_loss", "nan", epoch=3.0,
    ),
    metric(
        "Keras, progress bar",
        "313/313 [==============================] - 2s 5ms/step - loss: nan - accuracy: 0.0987",
        "313/313 [==============================] - 2s 5ms/step - loss: 2.3 - accuracy: 0.0987",
        "loss", "nan",
    ),
    metric(
        "PyTorch Lightning, progress bar",
        "Epoch 2:  10%|█         | 32/320 [00:02<00:20, 14.77it/s, loss=nan, v_num=3]",
        "Epoch 2:  10%|█         | 32/320 [00:02<00:20, 14.77it/s, loss=0.7, v_num=nan]",
        "loss", "nan", epoch=2.0,
    ),
    metric(
        "PyTorch Lightning 2: nan.0",
        "Epoch 2: 100%|██████████| 320/320 [00:21<00:00, 14.77it/s, v_num=3, train_loss=nan.0]",
        "Epoch 2: 100%|██████████| 320/320 [00:21<00:00, 14.77it/s, v_num=3, train_loss=0.70]",
        "train_loss", "nan", epoch=2.0,
    ),
    metric(
        "PyTorch Lightning, early stopping",
        "Monitored metric val_loss = nan is not finite. Previous best value was 0.412. Signaling",
        "Monitored metric val_loss did not improve in the last 3 records. Best score: 0.412.",
        "val_loss", "nan",
    ),
    metric(
        "Megatron",
        " iteration     1200/  500000 | consumed samples:  614400 | lm loss: NAN | loss "
        "scale: 1.0 | grad norm: nan | number of nan iterations:   1 |",
        " iteration     1200/  500000 | consumed samples:  614400 | lm loss: 2.2E+00 | loss scale: "
        "1.0 | grad norm: 0.8 | number of nan iterations:   0 |", "grad_norm", "nan", step=1200,
    ),
    metric(
        "nanoGPT", "iter 1200: loss nan, time 812.11ms, mfu 41.20%",
        "iter 1200: loss 2.8112, time nan ms, mfu -100.00%", "loss", "nan", step=1200,
    ),
    metric(
        "fairseq",
        "| epoch 001:    120 / 12000 loss=nan, nll_loss=nan, ppl=nan, gnorm=nan, wall=12",
        "| epoch 001:    120 / 12000 loss=8.1, nll_loss=7.9, ppl=241, gnorm=2.1, wall=12",
        "grad_norm", "nan", epoch=1.0,
    ),
    metric(
        "fairseq, JSON", "2025-06-03 17:21:09 | INFO | train_inner | "
        '{"epoch": 1, "update": 0.1, "loss": "nan", "ppl": "nan", "gnorm": "nan"}',
        "2025-06-03 17:21:09 | INFO | train_inner | "
        '{"epoch": 1, "update": 0.1, "loss": "8.1", "ppl": "241", "wps": "nan"}',
        "perplexity", "nan", epoch=1.0,
    ),
    metric(
        "mmengine", "2025-06-03 17:21:09 - mmengine - INFO - Epoch(train)  [1][  50/4000]  lr: "
        "1.0000e-03  eta: 1:02:03  time: 0.41  grad_norm: nan  loss: nan",
        "2025-06-03 17:21:09 - mmengine - INFO - Epoch(train)  [1][  50/4000]  lr: 1.0000e-03  "
        "eta: 1:02:03  time: 0.41  grad_norm: 9.1  loss: 1.9", "loss", "nan", epoch=1.0,
    ),
    metric(
        "detectron2", "[06/03 17:21:09 d2.utils.events]:  eta: 20:56  iter: 1199  total_loss: nan",
        "[06/03 17:21:09 d2.utils.events]:  eta: nan  iter: 1199  total_loss: 1.2",
        "total_loss", "nan", step=1199,
    ),
    metric(
        "detectron2, the end", "FloatingPointError: Loss became infinite or NaN at iteration=1199!",
        "Loss became smaller at iteration=1199!", "loss", "nan", step=1199,
    ),
    metric(
        "a tensor",
        "loss_dict = {'loss_cls': tensor(nan, device='cuda:0'), 'loss_box': tensor(0.2)}",
        "mask = {'fill': tensor(nan, device='cuda:0')}", "loss_cls", "nan",
    ),
    metric(
        "TensorFlow 1", "INFO:tensorflow:loss = nan, step = 1200 (0.812 sec)",
        "INFO:tensorflow:loss = 0.4, step = 1200 (nan sec)", "loss", "nan", step=1200,
    ),
    metric(
        "TensorFlow, the end", "ERROR:tensorflow:Model diverged with loss = NaN.",
        "ERROR:tensorflow:Model diverged; see loss.", "loss", "nan",
    ),
    metric(
        "gradient boosting", "[1200]\ttrain-rmse:nan\teval-rmse:nan",
        "[1200]\ttrain-rmse:0.4\teval-rmse:0.5", "eval_rmse", "nan", step=1200,
    ),
    metric(
        "LightGBM", "[100]\tvalid_0's l2: nan", "[100]\tvalid_0's l2: 0.41", "valid_0_l2", "nan",
        step=100,
    ),
    metric(
        "verl", "step:1200 - global_seqlen/mean:812 - actor/pg_loss:nan - actor/grad_norm:nan",
        "step:1200 - global_seqlen/mean:nan - actor/pg_loss:0.1 - actor/grad_norm:0.2",
        "actor_pg_loss", "nan", step=1200,
    ),
    metric(
        "torchvision's references", "Loss is nan, stopping training", "Loss is an average", "loss",
        "nan",
    ),
    metric(
        "ImageNet example",
        "Epoch: [3][120/1251]\tTime  0.412 ( 0.431)\tLoss nan (nan)\tAcc@1 0.10",
        "Epoch: [3][120/1251]\tTime  0.412 ( 0.431)\tLoss 6.9e+00 (7.0e+00)\tAcc@1 0.10",
        "loss", "nan", epoch=3.0,
    ),
    metric(
        "YOLO", "WARNING: non-finite loss, ending training  tensor([nan, nan], device='cuda:0')",
        "INFO: all of the losses are finite: tensor([0.1, 0.2])", "loss", "nan",
    ),
    metric(
        "wandb's summary", "wandb:                loss nan", "wandb:                loss 0.41",
        "loss", "nan",
    ),
    metric(
        "JSON of Python", '{"step": 1200, "loss": NaN, "lr": 0.0001}',
        '{"step": 1200, "loss": 0.4, "lr": 0.0001, "note": NaN}', "loss", "nan", step=1200,
    ),
    metric(
        "infinite", "[step 1200] loss: inf, grad norm: inf", "best_val_loss: inf, patience: 10",
        "grad_norm", "inf", step=1200,
    ),
    metric(
        "seed, home-made", "[2025-06-03 17:21:09] INFO: train_loss=nan",
        "[2025-06-03 17:21:09] INFO: fill_value=nan", "train_loss", "nan", level="info",
    ),
]  # fmt: skip

SCALES = [
    metric(
        "DeepSpeed", f"{DEEPSPEED}OVERFLOW! Rank 3 Skipping step. Attempted loss scale: 65536, "
        "reducing to 32768", f"{DEEPSPEED}Attempted loss scale: 65536", "loss_scale", 32768.0,
        previous=65536.0, skipped=True, rank=3,
    ),
    metric(
        "DeepSpeed, hysteresis", f"{DEEPSPEED}OVERFLOW! Rank 0 Skipping step. Attempted loss scale:"
        " 65536, but hysteresis is 2. Reducing hysteresis to 1", f"{DEEPSPEED}hysteresis is 2",
        "loss_scale", 65536.0, previous=65536.0, skipped=True,
    ),
    metric(
        "DeepSpeed, fused optimizer", f"{DEEPSPEED}OVERFLOW! Skipping step. Attempted loss scale: "
        "4294967296, reducing to 2147483648", f"{DEEPSPEED}no OVERFLOW! in this step",
        "loss_scale", 2147483648.0, previous=4294967296.0, skipped=True,
    ),
    metric(
        "DeepSpeed behind a progress bar",
        "  1%|▉         | 6/1184 [00:21<1:09:10,  3.52s/it][2025-06-03 17:21:09,482] [INFO] "
        "[loss_scaler.py:190:update_scale] [deepspeed] OVERFLOW! Rank 0 Skipping step. Attempted "
        "loss scale: 4096, reducing to 2048",
        "  1%|▉         | 6/1184 [00:21<1:09:10,  3.52s/it]", "loss_scale", 2048.0, rank=0,
    ),
    metric(
        "apex", "Gradient overflow.  Skipping step, loss scaler 0 reducing loss scale to 32768.0",
        "Gradient overflow is described in the manual", "loss_scale", 32768.0, skipped=True,
    ),
    metric(
        "fairseq",
        "2025-06-03 17:21:09 | INFO | fairseq.trainer | NOTE: gradient overflow detected,"
        " ignoring gradient, setting loss scale to: 16.0",
        "2025-06-03 17:21:09 | INFO | fairseq.trainer | NOTE: gradient norm 16.0", "loss_scale",
        16.0, skipped=True,
    ),
    metric(
        "fairseq, the end", "FloatingPointError: Minimum loss scale reached (0.0001). Your loss is "
        "probably exploding.", "Minimum loss reached (0.0001).", "loss_scale", 0.0001,
        at_minimum=True,
    ),
]  # fmt: skip

SCORES = [
    metric(
        "anomaly", "[INFO] Avg Anomaly Score: 0.45", "[INFO] anomaly score threshold reached",
        "avg_anomaly_score", 0.45,
    ),
    metric(
        "rate in percent", "rejection rate: 91%", "rejection rates are reviewed",
        "rejection_rate", 0.91,
    ),
    metric(
        "pairs", "window=5m fraud_score=0.31 n=812", "fraud_score_version=3 n=812", "fraud_score",
        0.31,
    ),
]  # fmt: skip


@pytest.mark.parametrize("form", [*BROKEN, *SCALES, *SCORES], ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []


def test_the_end_of_the_loss_scale_is_marked() -> None:
    events, _ = read(
        "Exception: Current loss scale already at minimum - cannot decrease scale anymore.\n"
    )

    (event,) = [event for event in events if event.kind == "model.metric"]
    assert event.fields["at_minimum"] is True


@pytest.mark.parametrize(
    ("following", "said"),
    [("loss: 0.7 step 2", "finite"), ("loss: nan step 2", "nan"), ("done", None)],
)
def test_a_reading_says_what_the_next_one_is(following: str, said: str | None) -> None:
    events, _ = read(f"loss: nan step 1\n{following}\n")

    assert events[0].kind == "model.metric"
    assert events[0].fields.get("followed_by") == said
