"""An exported classifier, and the index of its images, over HTTP.

One process speaks HTTP (`application`), another one runs the model (`worker`): an image that ends
the second costs no other request its answer, and a new model is a new process. Neither starts Spark
or TensorFlow.
"""
