# An image of the server: docker build -t betterbase-sync .
# Its data is in the volume /opt/betterbase/data, its settings are environment variables (README.md).

FROM maven:3.9-eclipse-temurin-25 AS build
WORKDIR /build
COPY pom.xml ./
COPY src src
RUN mvn -B -q -DskipTests package

FROM eclipse-temurin:25-jre
# PostgreSQL, which is within the jar, does not run as root.
RUN useradd --system --uid 5379 --create-home --home-dir /opt/betterbase betterbase
USER 5379
WORKDIR /opt/betterbase
RUN mkdir data
COPY --from=build /build/target/betterbase-sync.jar ./
# The flags are said and not left to the launcher, since an AOT cache belongs to one collector, and the machine that
# runs the image may have more processors than the one that made it. Why these: docs/decisions/0009-jvm.md.
RUN ["java", "-XX:+UseSerialGC", "-Xms64m", "-jar", "/opt/betterbase/betterbase-sync.jar", "aot-cache"]
VOLUME /opt/betterbase/data
EXPOSE 5379
ENTRYPOINT ["java", "-XX:+UseSerialGC", "-Xms64m", "-XX:AOTCache=/opt/betterbase/betterbase-sync.aot", \
            "-jar", "/opt/betterbase/betterbase-sync.jar"]
