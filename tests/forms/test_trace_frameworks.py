"""Tracebacks of frameworks that put words, graphs or other languages into them."""

from __future__ import annotations

import pytest

from triage.testing_forms import Form, Want

HEADER = "Traceback (most recent call last):\n"
RUN = '  File "/srv/fit/run.py", line 18, in <module>\n    fit()\n'
CAUSE = "\nThe above exception was the direct cause of the following exception:\n\n"

FORMS = (
    Form(
        row="JAX, filtered, hidden frames",
        text=(
            "jax.errors.SimplifiedTraceback: For simplicity, JAX has removed its internal frames "
            "from the traceback of the following exception. Set JAX_TRACEBACK_FILTERING=off to "
            "include these.\n"
            + CAUSE
            + HEADER
            + RUN
            + "jaxlib.xla_extension.XlaRuntimeError: INTERNAL: cuSolver call failed: 7\n"
            "--------------------\n"
            "For simplicity, JAX has removed its internal frames from the traceback of the "
            "following exception. Set JAX_TRACEBACK_FILTERING=off to include these.\n"
        ),
        wants=(
            Want(
                "py.traceback",
                {
                    "exception": "jaxlib.xla_extension.XlaRuntimeError",
                    "exception_message": "INTERNAL: cuSolver call failed: 7",
                    "frames": 1,
                    "path": "/srv/fit/run.py",
                },
                (1, 10),
            ),
        ),
        near_miss="For simplicity, JAX has removed its internal frames: see the guide\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="JAX, unfiltered, excludes internal frames",
        text=(
            HEADER
            + RUN
            + "jax._src.traceback_util.UnfilteredStackTrace: ValueError: bad shapes (3,) (4,)\n\n"
            "The stack trace below excludes JAX-internal frames.\n"
            "The preceding is the original exception that occurred, unmodified.\n\n"
            "--------------------\n" + CAUSE + HEADER + RUN + "ValueError: bad shapes (3,) (4,)\n"
        ),
        wants=(
            Want(
                "py.traceback",
                {
                    "exception": "ValueError",
                    "exception_message": "bad shapes (3,) (4,)",
                    "chain": 2,
                    "frames": 2,
                },
                (1, 16),
            ),
        ),
        near_miss="The stack trace below excludes JAX-internal frames.\nnothing follows\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="TensorFlow 2, detected at node",
        text=(
            HEADER
            + RUN
            + "tensorflow.python.framework.errors_impl.InvalidArgumentError: Graph execution error:"
            "\n\nDetected at node 'net/dense/BiasAdd' defined at (most recent call last):\n"
            '    File "/srv/fit/run.py", line 18, in <module>\n      fit()\n'
            '    File "/srv/fit/net.py", line 31, in fit\n      net.fit(rows)\n'
            "Node: 'net/dense/BiasAdd'\nMatrix size-incompatible: In[0]: [32,10], In[1]: [9,4]\n"
            "\t [[{{node net/dense/BiasAdd}}]] [Op:__inference_train_function_912]\n"
        ),
        wants=(
            Want(
                "py.traceback",
                {
                    "exception": "tensorflow.python.framework.errors_impl.InvalidArgumentError",
                    "path": "/srv/fit/run.py",
                    "path_line": 18,
                },
                (1, 13),
            ),
        ),
        near_miss="node defined at (most recent call last) is shown in the viewer\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="TensorFlow 2, Traceback (Detected at node",
        text=(
            HEADER
            + RUN
            + "tensorflow.python.framework.errors_impl.ResourceExhaustedError: Graph execution "
            "error:\n\nDetected at node net/gather defined at (most recent call last):\n"
            '  File "/srv/fit/run.py", line 18, in <module>\n\n'
            '  File "/srv/fit/net.py", line 31, in fit\n\n'
            "2 root error(s) found.\n"
            "  (0) RESOURCE_EXHAUSTED:  failed to allocate memory\n"
            "\t [[{{node net/gather}}]]\n"
            "Hint: If you want to see a list of allocated tensors when OOM happens, add "
            "report_tensor_allocations_upon_oom to RunOptions.\n\n"
            "\t [[loss/_9]]\n"
            "  (1) CANCELLED:  Function was cancelled\n"
            "0 successful operations.\n0 derived errors ignored. [Op:__inference_f_7]\n"
        ),
        wants=(
            Want(
                "py.traceback",
                {
                    "exception": ("tensorflow.python.framework.errors_impl.ResourceExhaustedError"),
                    "path_line": 18,
                },
                (1, 19),
            ),
        ),
        near_miss="0 successful operations.\n0 derived errors ignored.\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="TensorFlow 2, detected at a node without its stack",
        text=(
            HEADER
            + RUN
            + "tensorflow.python.framework.errors_impl.UnknownError: Graph execution error:\n\n"
            "Detected at node 'net/gather' defined at (most recent call last):\n"
            "<stack traces unavailable>\nNode: 'net/gather'\n"
            "\t [[{{node net/gather}}]] [Op:__inference_f_7]\n"
        ),
        wants=(
            Want(
                "py.traceback",
                {"exception": "tensorflow.python.framework.errors_impl.UnknownError"},
                (1, 9),
            ),
        ),
        near_miss="<stack traces unavailable>\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="Keras, arguments of the layer",
        text=(
            HEADER
            + RUN
            + "tensorflow.python.framework.errors_impl.InvalidArgumentError: Exception encountered "
            "when calling layer 'dense' (type Dense).\n\n"
            "{{function_node __wrapped__MatMul_device_/GPU:0}} Matrix size-incompatible: In[0]: "
            "[2,3], In[1]: [4,5] [Op:MatMul]\n\n"
            "Call arguments received by layer 'dense' (type Dense):\n"
            "  • inputs=tf.Tensor(shape=(2, 3), dtype=float32)\n"
        ),
        wants=(
            Want(
                "py.traceback",
                {
                    "exception": "tensorflow.python.framework.errors_impl.InvalidArgumentError",
                    "path_line": 18,
                },
                (1, 9),
            ),
        ),
        near_miss="  • inputs=tf.Tensor(shape=(2, 3), dtype=float32)\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="TensorFlow 1, caused by op",
        text=(
            HEADER
            + RUN
            + "tensorflow.python.framework.errors_impl.NotFoundError: Key w not found in "
            "checkpoint\n\t [[node save/RestoreV2 (defined at /srv/fit/run.py:18) ]]\n\n"
            "Caused by op 'save/RestoreV2', defined at:\n"
            '  File "/srv/fit/run.py", line 18, in <module>\n    fit()\n'
            '  File "/srv/fit/net.py", line 31, in fit\n    saver = tf.train.Saver()\n\n'
            "NotFoundError (see above for traceback): Key w not found in checkpoint\n"
            "\t [[node save/RestoreV2 (defined at /srv/fit/run.py:18) ]]\n"
        ),
        wants=(
            Want(
                "py.traceback",
                {
                    "exception": "tensorflow.python.framework.errors_impl.NotFoundError",
                    "path": "/srv/fit/run.py",
                    "path_line": 18,
                },
                (1, 14),
            ),
        ),
        near_miss="Caused by op 'save/RestoreV2', defined at: nowhere\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="Dynamo, from user code",
        text=(
            HEADER + RUN + "torch._dynamo.exc.Unsupported: call_function BuiltinVariable(print)\n\n"
            'from user code:\n   File "/srv/fit/net.py", line 31, in forward\n    print(x)\n\n'
            'Set TORCH_LOGS="+dynamo" and TORCHDYNAMO_VERBOSE=1 for more information\n'
        ),
        wants=(
            Want(
                "py.traceback",
                {"exception": "torch._dynamo.exc.Unsupported", "path": "/srv/fit/run.py"},
                (1, 10),
            ),
        ),
        near_miss="from user code: nothing\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="Numba, source elided",
        text=(
            HEADER
            + RUN
            + "numba.core.errors.TypingError: Failed in nopython mode pipeline (step: nopython "
            "frontend)\nnon-precise type pyobject\n\n"
            'File "srv/fit/kernel.py", line 9:\ndef kernel(a):\n    <source elided>\n'
            "    return a @ b\n    ^\n"
        ),
        wants=(
            Want(
                "py.traceback",
                {
                    "exception": "numba.core.errors.TypingError",
                    "path": "/srv/fit/run.py",
                    "path_line": 18,
                },
                (1, 11),
            ),
        ),
        near_miss="    <source elided>\n    return a @ b\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="py4j: Java's trace in the message",
        text=(
            HEADER + '  File "/srv/etl/job.py", line 31, in <module>\n    df.count()\n'
            "py4j.protocol.Py4JJavaError: An error occurred while calling o57.count.\n"
            ": org.apache.spark.SparkException: Job aborted due to stage failure: Task 0 failed\n"
            "\tat org.apache.spark.scheduler.DAGScheduler.abortStage(DAGScheduler.scala:2672)\n"
            "\tat java.base/java.lang.Thread.run(Thread.java:829)\n\n"
            "Driver stacktrace:\n"
            "\tat org.apache.spark.scheduler.DAGScheduler.failJob(DAGScheduler.scala:2608)\n"
            "\t... 1 more\n"
            "Caused by: java.lang.OutOfMemoryError: Java heap space\n"
            "\tat java.base/java.util.Arrays.copyOf(Arrays.java:3537)\n\t... 12 more\n\n"
            "25/06/02 10:00:02 INFO SparkContext: Invoking stop()\n"
        ),
        wants=(
            Want(
                "py.traceback",
                {
                    "exception": "py4j.protocol.Py4JJavaError",
                    "exception_root": "java.lang.OutOfMemoryError",
                    "root_message": "Java heap space",
                    "path": "/srv/etl/job.py",
                    "path_line": 31,
                    "frames": 1,
                },
                (1, 14),
            ),
        ),
        near_miss="An error occurred while calling o57.count: the cluster was asleep\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="Spark executor: Python's traceback inside Java's",
        text=(
            "25/06/02 10:00:01 ERROR Executor: Exception in task 0.3 in stage 1.0 (TID 4)\n"
            "org.apache.spark.api.python.PythonException: Traceback (most recent call last):\n"
            '  File "/srv/etl/udf.py", line 4, in clean\n    return row["id"]\nKeyError: \'id\'\n\n'
            "\tat org.apache.spark.api.python.BasePythonRunner$ReaderIterator.handlePython"
            "Exception(PythonRunner.scala:572)\n"
            "\tat java.base/java.lang.Thread.run(Thread.java:829)\n"
        ),
        wants=(
            Want(
                "py.traceback",
                {
                    "exception": "KeyError",
                    "path": "/srv/etl/udf.py",
                    "path_line": 4,
                    "level": "error",
                },
                (2, 8),
            ),
        ),
        near_miss="25/06/02 10:00:01 INFO Executor: no PythonException in task 0.3\n",
        unclaimed=0,
    ),
    Form(
        row="c10 stack behind the exception",
        text=(
            HEADER
            + RUN
            + "torch.AcceleratorError: CUDA error: an illegal instruction was encountered\n"
            "CUDA kernel errors might be asynchronously reported at some other API call.\n"
            "For debugging consider passing CUDA_LAUNCH_BLOCKING=1\n"
            "Compile with `TORCH_USE_CUDA_DSA` to enable device-side assertions.\n\n"
            "Exception raised from check at ../c10/cuda/CUDAException.cpp:44 (most recent call "
            "first):\n"
            "frame #0: c10::Error::Error(c10::SourceLocation) + 0x96 (0x7f12 in /opt/libc10.so)\n"
            + "".join(
                f"frame #{n}: <unknown function> + 0x12ef{n} (0x7f13 in /opt/libtorch.so)\n"
                for n in range(1, 40)
            )
        ),
        wants=(
            Want(
                "py.traceback",
                {"exception": "torch.AcceleratorError", "path_line": 18, "frames": 1},
                (1, 49),
            ),
        ),
        near_miss="Compile with `TORCH_USE_CUDA_DSA` to enable device-side assertions.\n",
        parser="traceback",
        unclaimed=0,
    ),
    Form(
        row="Ray, remote error in the message",
        text=(
            HEADER
            + RUN
            + "ray.exceptions.RayTaskError(KeyError): ray::Fit.step() (pid=881, ip=10.0.0.9)\n"
            '  File "/srv/fit/actor.py", line 5, in step\n    return self.rows[i]\nKeyError: 12\n'
        ),
        wants=(
            Want(
                "py.traceback",
                {
                    "exception": "ray.exceptions.RayTaskError",
                    "exception_root": "KeyError",
                    "pid": 881,
                    "host": "10.0.0.9",
                },
                (1, 7),
            ),
        ),
        near_miss="ray::Fit.step() (pid=881, ip=10.0.0.9) is idle\n",
        parser="traceback",
        unclaimed=0,
    ),
)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.row)
def test_a_form_is_read(form: Form) -> None:
    assert form.problems() == []
