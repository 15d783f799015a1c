"""Small trained networks and their data: something real to open on the first minute.

Each module holds one architecture and a factory that returns it trained, so that the same network
can be opened as a file (`sample_models/digits_cnn.onnx`) and as a PyTorch module
(`sample_models.digits_cnn:build`). `README.md` beside this file says how they were made.
"""
