"""Libraries in the form that laws call, each with what its documentation says."""
