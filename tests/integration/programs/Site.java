// SPDX-License-Identifier: Apache-2.0
// A site in Tomcat, whose paths are cut at ";" and only then folded: a servlet for each part.
//
// usage: java -cp TOMCAT'S JARS Site.java FOLDER PORT
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.apache.catalina.Context;
import org.apache.catalina.startup.Tomcat;

public class Site {
  static class Part extends HttpServlet {
    private final String name;

    Part(String name) {
      this.name = name;
    }

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      response.setContentType("text/plain;charset=utf-8");
      String below = request.getPathInfo() == null ? "" : request.getPathInfo();
      response.getWriter().print("the part " + name + "\n");
      response.getWriter().print("the path " + request.getServletPath() + below + "\n");
    }
  }

  public static void main(String[] args) throws Exception {
    Tomcat tomcat = new Tomcat();
    tomcat.setBaseDir(args[0]);
    tomcat.setPort(Integer.parseInt(args[1]));
    tomcat.getConnector().setProperty("address", "127.0.0.1");
    Context site = tomcat.addContext("", args[0]);
    add(site, "token", "/");
    add(site, "public", "/public/*", "/open/*");
    add(site, "internal", "/internal/*", "/staff/*");
    tomcat.start();
    tomcat.getServer().await();
  }

  private static void add(Context site, String name, String... paths) {
    Tomcat.addServlet(site, name, new Part(name));
    for (String path : paths) site.addServletMappingDecoded(path, name);
  }
}
