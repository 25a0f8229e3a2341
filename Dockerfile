# An image of the server: docker build -t betterbase-sync .
# The data is in the volume /opt/betterbase/data. Settings are environment variables (README.md).

FROM maven:3.9-eclipse-temurin-25 AS build
WORKDIR /build
COPY pom.xml ./
COPY src src
RUN mvn -B -q -DskipTests package

FROM eclipse-temurin:25-jre
# The PostgreSQL inside the jar does not run as root.
# The data folder is open to group 0, which `docker run --user 12345` gives to a user that the image does not list.
RUN useradd --system --uid 5379 --create-home --home-dir /opt/betterbase betterbase \
    && chmod 755 /opt/betterbase \
    && install -d -o 5379 -g 0 -m 2770 /opt/betterbase/data
USER 5379
WORKDIR /opt/betterbase
RUN mkdir cache
# The jar is unpacked here once, with the AOT cache, so that a container starts fast.
ENV CACHE_DIRECTORY=/opt/betterbase/cache
COPY --from=build /build/target/betterbase-sync.jar ./
RUN ["java", "-jar", "/opt/betterbase/betterbase-sync.jar", "aot-cache"]
VOLUME /opt/betterbase/data
EXPOSE 5379
ENTRYPOINT ["java", "-jar", "/opt/betterbase/betterbase-sync.jar"]
