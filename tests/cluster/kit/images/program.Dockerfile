# One static program and nothing else. Its name is always /program, so that one file serves them all.
FROM scratch
ARG PROGRAM
COPY ${PROGRAM} /program
USER 65532:65532
ENTRYPOINT ["/program"]
