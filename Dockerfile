# An image of the server: docker build -t betterbase-sync .
# The data is in the volume /opt/betterbase/data. Settings are environment variables (README.md).
# It can run with a read-only root file system: docker run --read-only --tmpfs /tmp --cap-drop ALL …

FROM maven:3.9.16-eclipse-temurin-25 AS build
WORKDIR /build
COPY pom.xml ./
COPY src src
COPY docs/protocol docs/protocol
RUN mvn -B -q -Dmaven.test.skip package

FROM eclipse-temurin:25.0.4_7-jre-noble
# The PostgreSQL inside the jar does not run as root.
# The data folder is open to group 0, which `docker run --user 12345` gives to a user that the image does not list.
RUN useradd --uid 5379 --user-group --shell /usr/sbin/nologin --create-home --home-dir /opt/betterbase betterbase \
    && chmod 755 /opt/betterbase \
    && install -d -o 5379 -g 0 -m 2770 /opt/betterbase/data
COPY server-config/docker/healthcheck /opt/betterbase/
USER 5379
WORKDIR /opt/betterbase
RUN mkdir cache
# The jar is unpacked here once, with the AOT cache, so that a container starts fast.
ENV CACHE_DIRECTORY=/opt/betterbase/cache
COPY --from=build /build/target/betterbase-sync.jar ./
RUN ["java", "-jar", "/opt/betterbase/betterbase-sync.jar", "aot-cache"]
VOLUME /opt/betterbase/data
EXPOSE 5379
HEALTHCHECK --interval=30s --timeout=10s --start-period=120s --retries=3 CMD ["/opt/betterbase/healthcheck"]
ENTRYPOINT ["java", "-jar", "/opt/betterbase/betterbase-sync.jar"]
