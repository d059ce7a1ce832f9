"""The DICOM side of capture: storage and storage commitment as a service class provider."""
