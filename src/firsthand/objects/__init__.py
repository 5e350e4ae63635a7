"""3D objects: oriented boxes of everyday things from one image, tracked over video.

After Google's "Real-Time 3D Object Detection on Mobile Devices with MediaPipe" (Objectron).
"""
